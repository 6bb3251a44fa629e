// What an embedder imports: this registers <negatoscope-viewer>.
import { NegatoscopeViewer } from './viewer.ts';

export type * from '../shared/protocol.ts';
export type { AnalyzeWish, ResultKind } from './analysis.ts';
export type { Layout } from './attributes.ts';
export type { CompareMode, CompareWishes, ComparisonState } from './compare-types.ts';
export type { CompareWish, FramePlace, MatchWish, RegisteredStacks, RegisterWish } from './register-client.ts';
export { StudyError } from './study-client.ts';
export type { ChosenRegion } from './regions.ts';
export type { RegionWish, ShowWish, ViewerState } from './wishes.ts';
export { NegatoscopeViewer } from './viewer.ts';

if (!customElements.get('negatoscope-viewer')) customElements.define('negatoscope-viewer', NegatoscopeViewer);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-viewer': NegatoscopeViewer;
  }
}
