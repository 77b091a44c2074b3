/**
 * Writes the inner tiles of the products that skip zeros as AssemblyScript text: unrolled, because their accumulators
 * must stay in registers. A tile is one row of C, some panels of 16 columns wide. Its plain form, for one column:
 *
 *   for each entry (offset, value) of a list: c = multiplyAdd(value, b[offset, column], c)
 *
 * A list has the values of one row of A that are not zero, in ascending order, each with the offset of its row of B.
 */
import { bytesPerVector, upTo } from './tile.ts';

/** Panels of the widest tile: 12 accumulators of 256 bits, as many as can wait for each other's multiply-adds. */
export const skippingPanels = 6;

/** The module `skipping-tiles.ts` of the kernels: for each width a function, and one that calls the one asked for. */
export const skippingTilesModule = (): string =>
  [
    "import { multiplyAdd } from './multiply-add';",
    `export const skippingPanels: i32 = ${skippingPanels};`,
    ...inEachWidth('skippingRows', rowsParameters, rows),
    ...inEachWidth('skippingTree', treeParameters, tree),
  ].join('\n');

/** Some rows of C, `cStep` apart; the list of each begins and ends where `bounds` says, and the next ones, `boundsStep` on. */
const rowsParameters = {
  count: 'i32',
  bounds: 'usize',
  boundsStep: 'usize',
  b: 'usize',
  bPanel: 'usize',
  c: 'usize',
  cStep: 'usize',
  cPanel: 'usize',
};

const rows = (panels: number): string[] => [
  ...bases(panels),
  'for (; count != 0; count--) {',
  'let list = load<usize>(bounds);',
  'const end = load<usize>(bounds, 4);',
  'if (list != end) {',
  ...upTo(panels).map((panel) => `const to${panel} = c + ${panel} * cPanel;`),
  ...eachVector(panels, (c, panel, vector) => `let ${c} = ${load(`to${panel}`, vector)};`),
  ...entries(panels, 'list'),
  ...eachVector(
    panels,
    (c, panel, vector) => `v128.store(to${panel}, ${c}, ${vector * bytesPerVector});`,
  ).toReversed(),
  '}',
  'bounds += boundsStep;',
  'c += cStep;',
  '}',
];

/**
 * Rows of C that are summed by the tree of src/reduction/tree.ts, each the sum over a list of its own, `lists` one
 * after the other with the first entry of each at `list + starts[2 * i] * 8`. Finished sums wait on a stack; each row
 * is added to its left neighbours while it is still in registers. What is left has no neighbour: the caller adds it.
 */
const treeParameters = {
  list: 'usize',
  starts: 'usize',
  counts: 'usize',
  rows: 'i32',
  b: 'usize',
  bPanel: 'usize',
  zeros: 'usize',
  stack: 'usize',
};

const tree = (panels: number): string[] => [
  ...bases(panels),
  'for (let row = 0; row < rows; row++) {',
  'let at = list + (<usize>load<i32>(starts) << 3);',
  'const end = at + (load<i32>(starts, 4) == 0 ? 0 : <usize>load<i32>(counts) << 3);',
  'starts += 8;',
  'counts += 4;',
  ...eachVector(panels, (c, _, vector) => `let ${c} = ${load('zeros', vector)};`),
  ...entries(panels, 'at'),
  'for (let pairs = row; pairs & 1; pairs >>= 1) {',
  `stack -= ${panels * bytesPerPanel};`,
  ...eachVector(
    panels,
    (c, panel, vector) => `${c} = f32x4.add(${load('stack', panel * vectorsPerPanel + vector)}, ${c});`,
  ),
  '}',
  ...eachVector(
    panels,
    (c, panel, vector) => `v128.store(stack, ${c}, ${panel * bytesPerPanel + vector * bytesPerVector});`,
  ).toReversed(),
  `stack += ${panels * bytesPerPanel};`,
  '}',
  'return stack;',
];

const bases = (panels: number): string[] =>
  upTo(panels).map((panel) => `const b${panel} = b + ${panel} * bPanel;`);

/** An entry is 8 bytes: the offset, then the value. */
const entries = (panels: number, list: string): string[] => [
  `for (; ${list} != end; ${list} += 8) {`,
  `const offset = <usize>load<u32>(${list});`,
  `const x = v128.load32_splat(${list}, 4);`,
  ...upTo(panels).map((panel) => `const r${panel} = b${panel} + offset;`),
  ...eachVector(panels, (c, panel, vector) => `${c} = multiplyAdd(x, ${load(`r${panel}`, vector)}, ${c});`),
  '}',
];

/** A function for each width, and `name`, which calls the one for `panels`. */
function inEachWidth(
  name: string,
  parameters: Readonly<Record<string, string>>,
  body: (panels: number) => string[],
): string[] {
  const result = name === 'skippingTree' ? 'usize' : 'void';
  const typed = Object.entries(parameters)
    .map(([parameter, type]) => `${parameter}: ${type}`)
    .join(', ');
  const widths = upTo(skippingPanels).map((panel) => panel + 1);
  const given = Object.keys(parameters).join(', ');
  return [
    ...widths.flatMap((panels) => [`function ${name}${panels}(${typed}): ${result} {`, ...body(panels), '}']),
    `export function ${name}(panels: i32, ${typed}): ${result} {`,
    'switch (panels) {',
    ...widths.slice(1).map((panels) => `case ${panels}: return ${name}${panels}(${given});`),
    `default: return ${name}1(${given});`,
    '}',
    '}',
  ];
}

const vectorsPerPanel = 4;

const load = (address: string, vector: number): string => `v128.load(${address}, ${vector * bytesPerVector})`;

const bytesPerPanel = vectorsPerPanel * bytesPerVector;

const eachVector = (
  panels: number,
  line: (accumulator: string, panel: number, vector: number) => string,
): string[] =>
  upTo(panels).flatMap((panel) =>
    upTo(vectorsPerPanel).map((vector) => line(`c${panel}_${vector}`, panel, vector)),
  );
