// How values are written: with as many digits as say something.

/** A value with `decimals` digits behind the point. Below 1 three digits that are not 0 instead: 0.0007 is no 0.00. */
export function written(value: number, decimals: number): string {
  return value !== 0 && Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(decimals);
}

/** A value under the pointer: whole ones as they are. */
export function writtenValue(value: number): string {
  return Number.isInteger(value) ? String(value) : written(value, Math.abs(value) < 10 ? 3 : 1);
}

/** Center or width of a window, with the digits that its width needs. */
export function writtenWindow(value: number, width: number): string {
  if (width > 10) return value.toFixed(0);
  return value.toFixed(Math.min(Math.max(2 - Math.floor(Math.log10(Math.max(width, 1e-9))), 2), 12));
}

/** A size in the units that disks are sold by. */
export function writtenBytes(bytes: number): string {
  const [unit, per] =
    bytes < 1e6 ? (['kB', 1e3] as const) : bytes < 1e9 ? (['MB', 1e6] as const) : (['GB', 1e9] as const);
  return `${(bytes / per).toFixed(bytes < 1e6 ? 0 : 1)} ${unit}`;
}
