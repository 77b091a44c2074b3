/** What draws plots. Few users need it: optional packages. */
import { inputError } from '../../errors.ts';

/** Loads it. @throws GradpoolError where the packages are not there */
export async function loadPlot() {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]).catch(
    (cause: unknown) => {
      throw inputError(
        'Expected the packages @observablehq/plot and linkedom to draw the plot, got none; npm install @observablehq/plot linkedom',
        cause,
      );
    },
  );
  const { document } = parseHTML('<!doctype html><body></body>');
  return { Plot, document };
}

export const [width, height] = [640, 360];
const top = 30;

/** Panels below one another, under a title. @returns an SVG file's text */
export function drawing(document: Document, title: string, panels: readonly Element[]): string {
  for (const [index, panel] of panels.entries()) {
    if (index > 0) panel.setAttribute('y', `${index * height}`);
    panel.setAttribute('overflow', 'visible');
  }
  const heading = document.createElement('text');
  heading.textContent = title;
  for (const [name, value] of Object.entries({
    ...{ x: '40', y: '20', 'font-family': 'system-ui', 'font-size': '14' },
  }))
    heading.setAttribute(name, value);
  const size = `width="${width}" height="${panels.length * height + top}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} style="background: white">
${heading.outerHTML}
<g transform="translate(0 ${top})">${panels.map(({ outerHTML }) => outerHTML).join('')}</g>
</svg>
`;
}
