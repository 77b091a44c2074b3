/** Elements of the page. */

export type Child = Node | string | undefined | readonly Child[];

/** Attributes by name; `undefined` and `false` leave one out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `h('p', { class: 'note' }, 'text')` */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), attributes, children);
}

/** An element of a drawing. */
export function svg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : `${value}`);
  element.append(...flat(children));
  return element;
}

/** Children without those that are none. */
export const flat = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) => {
    if (child === undefined) return [];
    return Array.isArray(child) ? flat(child) : [child as Node | string];
  });

export interface TableOptions {
  readonly caption: string;
  /** Whether the caption is for screen readers only. */
  readonly hidesCaption?: boolean;
  readonly head: readonly Child[];
  /** The first cell of each is its heading. */
  readonly rows: readonly (readonly Child[])[];
}

/** A table that scrolls by itself where it is wider than the page. */
export function table({ caption, hidesCaption = false, head, rows }: TableOptions): HTMLElement {
  const scroller = h('div', { class: 'scroller', role: 'region', 'aria-label': caption, tabindex: 0 });
  scroller.append(
    h(
      'table',
      {},
      h('caption', { class: hidesCaption ? 'unseen' : undefined }, caption),
      h('thead', {}, h('tr', {}, ...head.map((cell) => h('th', { scope: 'col' }, cell)))),
      h(
        'tbody',
        {},
        ...rows.map(([first, ...rest]) =>
          h('tr', {}, h('th', { scope: 'row' }, first), ...rest.map((cell) => h('td', {}, cell))),
        ),
      ),
    ),
  );
  return scroller;
}

/** A section with its heading. */
export const section = (id: string, title: string, ...children: Child[]): HTMLElement =>
  h('section', { id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children);
