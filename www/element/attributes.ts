// What the attributes of the element may say. A word that is not known is left out, never an error.
import type { Tool } from './gestures.ts';

/** Columns × rows of viewports. */
export const layouts = ['1', '1x2', '2x2'] as const;
export type Layout = (typeof layouts)[number];
export type ViewportCount = 1 | 2 | 4;

const counts: Readonly<Record<Layout, ViewportCount>> = { '1': 1, '1x2': 2, '2x2': 4 };

/** The layout that is meant; one viewport for all that is not known. */
export const layoutOf = (wish: string | null): Layout => layouts.find((one) => one === wish?.trim()) ?? '1';

/** How many viewports it has. */
export const viewportsIn = (layout: Layout): ViewportCount => counts[layout];

/** The smallest layout in which a viewport, counted from 0, has a place. */
export const layoutFor = (viewport: number): Layout => layouts.find((one) => counts[one] > viewport) ?? '2x2';

/** The tools of the row, in its order. */
export const toolNames = [
  'window',
  'scroll',
  'zoom',
  'pan',
  'presets',
  'filter',
  'layout',
  'cine',
  'regions',
  'analysis',
  'more',
] as const;
export type ToolName = (typeof toolNames)[number];

const drags: readonly string[] = ['window', 'scroll', 'zoom', 'pan'] satisfies Tool[];

/** The tools that are wished for; all of them where nothing is said. */
export function toolsOf(wish: string | null): ReadonlySet<ToolName> {
  const words = (wish ?? '').split(/[\s,]+/).filter(Boolean);
  return new Set(words.length === 0 ? toolNames : toolNames.filter((name) => words.includes(name)));
}

/** The tool that a drag has at first: the usual one, else the first of those that are wished for. */
export function firstTool(tools: ReadonlySet<ToolName>, usual: Tool): Tool {
  if (tools.has(usual)) return usual;
  return ([...tools].find((name) => drags.includes(name)) as Tool | undefined) ?? usual;
}
