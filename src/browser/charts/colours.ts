/** What the charts on canvas take of the style sheet, which knows light from dark. */

/** Lines that can be told apart by colour, also by those who see fewer colours; beyond them by dashes. */
const hues = 8;
const dashes: readonly number[][] = [[], [6, 4], [2, 3]];

export const hueOf = (run: number): number => run % hues;

export const dashOf = (run: number): number[] => dashes[Math.floor(run / hues) % dashes.length];

export const colourOf = (run: number): string => variable(`--line-${hueOf(run)}`);

export const inkColour = (): string => variable('--soft');

export const gridColour = (): string => variable('--rule');

/** A colour as the canvas takes it: what light-dark() comes to is known to elements only. */
function variable(name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
