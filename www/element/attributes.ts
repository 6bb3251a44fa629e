// What the attributes of the element may say. A word that is not known is left out, never an error.
import type { Tool } from './gestures.ts';

/** Rows × columns of viewports. */
export const layouts = ['1', '1x2', '1x3', '2x2', '2x3', '3x3'] as const;
export type Layout = (typeof layouts)[number];
export type ViewportCount = 1 | 2 | 3 | 4 | 6 | 9;

const counts: Readonly<Record<Layout, ViewportCount>> = {
  '1': 1,
  '1x2': 2,
  '1x3': 3,
  '2x2': 4,
  '2x3': 6,
  '3x3': 9,
};

/** The layout that is meant; one viewport for all that is not known. */
export const layoutOf = (wish: string | null): Layout => layouts.find((one) => one === wish?.trim()) ?? '1';

/** How many viewports it has. */
export const viewportsIn = (layout: Layout): ViewportCount => counts[layout];

/** The smallest layout in which a viewport, counted from 0, has a place. */
export const layoutFor = (viewport: number): Layout => layouts.find((one) => counts[one] > viewport) ?? '3x3';

/** The tools of the row, in its order. */
export const toolNames = [
  'window',
  'scroll',
  'zoom',
  'pan',
  'volume',
  'compare',
  'measure',
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
  if (usual === 'cross' || tools.has(usual)) return usual;
  return ([...tools].find((name) => drags.includes(name)) as Tool | undefined) ?? usual;
}
