/** Which file imports which, types included, and what is wrong with that. Pure: from texts to lists. */
import { posix } from 'node:path';

/** An arrow from a file to one that it imports, or starts a thread from. Paths from the project's root. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** Texts by path. */
export type Sources = Readonly<Record<string, string>>;

/** Every import of one file by another, in the order of the files. */
export const arrowsOf = (sources: Sources): Arrow[] =>
  Object.entries(sources).flatMap(([from, text]) =>
    [...new Set(importsOf(text))]
      .map((path) => resolved(from, path, sources))
      .filter((to) => to !== undefined)
      .map((to) => ({ from, to })),
  );

/** What a text imports that is a file of the project: './a.ts', not 'node:fs'. */
export const importsOf = (text: string): string[] =>
  forms
    .flatMap((form) => [...text.matchAll(form)].map((match) => match[1]))
    .filter((path) => path.startsWith('.'));

const forms = [
  // import a from 'x', import type { A } from 'x', export * from 'x', over several lines too
  /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  // import 'x'
  /^import\s*['"]([^'"]+)['"]/gm,
  // import('x'), typeof import('x')
  /\bimport\(\s*['"]([^'"]+)['"]/g,
  // threads: moduleUrl('x', import.meta.url), new URL('x', import.meta.url)
  /\b(?:moduleUrl|new URL)\(\s*['"]([^'"]+)['"],\s*import\.meta\.url/g,
];

/** Threads and AssemblyScript leave out the ending. What is no source (built kernels, package.json) is nothing. */
function resolved(from: string, path: string, sources: Sources): string | undefined {
  const plain = posix.join(posix.dirname(from), path);
  return [plain, `${plain}.ts`].find((file) => file in sources);
}

/** A floor: folders (`src/cli/`) and files, which know nothing of their neighbours on the floor but of all below. */
export type Floor = readonly string[];

/**
 * The room of a file: the longest of the floors' entries that it is or lies in.
 * @throws where there is none
 */
export function roomOf(file: string, floors: readonly Floor[]): string {
  const rooms = floors
    .flat()
    .filter((room) => file === room || (room.endsWith('/') && file.startsWith(room)));
  const [room] = rooms.sort((a, b) => b.length - a.length);
  if (room === undefined)
    throw new Error(`Expected ${file} to be on a floor; give it one in test/house/floors.ts`);
  return room;
}

/** The arrows that go up, or to a neighbour on the same floor. Floors are in order, the highest first. */
export function arrowsAgainst(floors: readonly Floor[], arrows: readonly Arrow[]): Arrow[] {
  const level = (room: string) => floors.findIndex((floor) => floor.includes(room));
  return arrows.filter(({ from, to }) => {
    const [own, other] = [roomOf(from, floors), roomOf(to, floors)];
    return own !== other && level(other) <= level(own);
  });
}

/**
 * Arrows between folders. Each is one of its own, whatever it lies in; in the root of the sources, which holds the
 * highest and the lowest, each file counts as a folder.
 */
export const folderArrows = (arrows: readonly Arrow[], root = 'src'): Arrow[] => {
  const folder = (file: string) => (posix.dirname(file) === root ? file : posix.dirname(file));
  return arrows
    .map(({ from, to }) => ({ from: folder(from), to: folder(to) }))
    .filter(({ from, to }) => from !== to);
};

/** Groups of which each member reaches every other one: Tarjan's strongly connected components of two or more. */
export function circles(arrows: readonly Arrow[]): string[][] {
  const next = Map.groupBy(arrows, ({ from }) => from);
  const found = new Map<string, { index: number; low: number; open: boolean }>();
  const stack: string[] = [];
  const groups: string[][] = [];
  function visit(node: string) {
    const own = { index: found.size, low: found.size, open: true };
    found.set(node, own);
    stack.push(node);
    for (const { to } of next.get(node) ?? []) {
      const other = found.get(to) ?? visit(to);
      if (other.open) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) close(node);
    return own;
  }
  function close(node: string): void {
    const group = stack.splice(stack.indexOf(node));
    for (const member of group) Object.assign(found.get(member) ?? {}, { open: false });
    if (group.length > 1) groups.push(group.sort());
  }
  for (const node of next.keys()) if (!found.has(node)) visit(node);
  return groups.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
