/** Numbers and times as the page says them. */

/** Four significant digits. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return 'not finite';
  const rounded = Number(value.toPrecision(4));
  if (rounded !== 0 && Math.abs(rounded) < 1e-3) return rounded.toExponential();
  return Math.abs(rounded) >= 1e4 ? rounded.toLocaleString('en-US') : `${rounded}`;
}

export const counted = (value: number): string => value.toLocaleString('en-US');

/** `98.3 %`; a share that rounds to nothing is not nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 1e-4) return 'below 0.01 %';
  return `${Number((100 * share).toPrecision(3))} %`;
}

export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const clock = (time: number): string =>
  new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What a class is called: its number, where it has no name. */
export const classOf = (names: readonly string[] | undefined, label: number): string =>
  names?.[label] ?? `${label}`;
