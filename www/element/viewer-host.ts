// What the parts of the viewer need of it: what is open and shown, where to say something, where the keys go.
import type { Catalogue, FrameSetInfo } from '../shared/protocol.ts';
import type { Language, Text } from '../text/index.ts';
import type { Tool } from './gestures.ts';
import type { StudyClient } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

export interface Stack {
  uid: string;
  set: FrameSetInfo;
}

export interface ViewerHost {
  readonly client: StudyClient;
  readonly text: Text;
  readonly language: Language;
  readonly catalogue: Catalogue | null;
  /** Counts closings: what was asked of one study is not shown over another. */
  readonly closings: number;
  readonly anonymous: boolean;
  readonly pane: NegatoscopeViewport | undefined;
  readonly panes: readonly NegatoscopeViewport[];
  tool: Tool;
  stacks(): Stack[];
  /** To be drawn anew. */
  changed(): void;
  /** For a screen reader. */
  speak(words: string): void;
  /** A sentence that stays for a while. */
  tell(message: string): void;
  say(error: unknown): void;
  /** The keys belong to the image again; `drawn`: only when what has shut is gone, since nothing beside a dialog takes the focus. */
  focusImage(drawn?: 'drawn'): void;
}
