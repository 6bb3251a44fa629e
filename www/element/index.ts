// What an embedder imports: this registers <negatoscope-viewer>.
import { NegatoscopeViewer } from './viewer.ts';

export type * from '../shared/protocol.ts';
export { StudyError } from './study-client.ts';
export { NegatoscopeViewer, type ShowWish, type ViewerState } from './viewer.ts';

if (!customElements.get('negatoscope-viewer')) customElements.define('negatoscope-viewer', NegatoscopeViewer);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-viewer': NegatoscopeViewer;
  }
}
