// Made from src/measure/tools; do not edit. UPDATE=1 cargo test --test measure

/** Every tool: its handles at least and at most. */
export const measureTools = [
  { name: 'length', least: 2, most: 2 },
  { name: 'angle', least: 3, most: 3 },
  { name: 'cobb', least: 4, most: 4 },
  { name: 'bidirectional', least: 4, most: 4 },
  { name: 'cardiothoracic', least: 4, most: 4 },
  { name: 'ellipse', least: 4, most: 4 },
  { name: 'rectangle', least: 2, most: 2 },
  { name: 'polygon', least: 3, most: 4096 },
  { name: 'freehand', least: 3, most: 4096 },
  { name: 'probe', least: 1, most: 1 },
  { name: 'arrow', least: 2, most: 2 },
  { name: 'text', least: 1, most: 1 },
] as const;

/** Points of an outline at most. */
export const mostPoints = 4096;
