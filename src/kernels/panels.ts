/** Columns of a panel, the unit in which the kernels take a matrix: one cache line of float32. */
export const panelWidth = 16;
export const panelBytes = 64;

/** `columns` rounded up to whole panels. */
export const roundUp = (columns: number): number => Math.ceil(columns / panelWidth) * panelWidth;
