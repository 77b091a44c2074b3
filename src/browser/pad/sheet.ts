/** The sheet that is drawn on: by mouse, finger or pen, and by keyboard. */
import { h } from '../elements/dom.ts';
import type { Point, Stroke } from './digit.ts';

export interface Sheet {
  readonly element: HTMLElement;
  readonly strokes: () => readonly Stroke[];
  clear(): void;
  undo(): void;
}

/** Of the sheet, in its own pixels. */
const size = 280;
const penWidth = 16;
/** How far an arrow key moves the pen. */
const stride = 10;

/** @param onChange called with every piece of a line */
export function createSheet(onChange: () => void): Sheet {
  const canvas = h('canvas', {
    ...{ width: size, height: size, class: 'sheet', role: 'application', tabindex: 0 },
    'aria-label':
      'Sheet to draw on. By keyboard: arrow keys move the pen, space puts it down or lifts it, Delete clears.',
  });
  let strokes: Point[][] = [];
  let pen: Point = { x: size / 2, y: size / 4 };
  let isDown = false;
  const changed = () => {
    paint(canvas, strokes, document.activeElement === canvas ? pen : undefined, isDown);
    onChange();
  };
  const begin = (point: Point) => {
    strokes = [...strokes, [point]];
    pen = point;
    changed();
  };
  const goOn = (points: readonly Point[]) => {
    strokes.at(-1)?.push(...points);
    pen = points.at(-1) ?? pen;
    changed();
  };
  const clear = () => {
    strokes = [];
    isDown = false;
    changed();
  };
  byPointer(canvas, begin, goOn);
  canvas.addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (move !== undefined) {
      const [dx, dy] = move;
      const at = { x: within(pen.x + dx * stride), y: within(pen.y + dy * stride) };
      if (isDown) goOn([at]);
      pen = at;
    } else if (event.key === ' ') {
      isDown = !isDown;
      if (isDown) begin(pen);
    } else if (event.key === 'Delete' || event.key === 'Backspace') clear();
    else return;
    event.preventDefault();
    changed();
  });
  canvas.addEventListener('focus', changed);
  canvas.addEventListener('blur', changed);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  return {
    ...{ element: canvas, clear },
    strokes: () => strokes,
    undo() {
      strokes = strokes.slice(0, -1);
      changed();
    },
  };
}

const within = (value: number): number => Math.min(size, Math.max(0, value));

const moves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function byPointer(
  canvas: HTMLCanvasElement,
  begin: (point: Point) => void,
  goOn: (points: readonly Point[]) => void,
): void {
  let drawing: number | undefined;
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const scale = size / width;
    return { x: (clientX - left) * scale, y: (clientY - top) * scale };
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (drawing !== undefined || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(event.pointerId);
    begin(pointOf(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerId !== drawing) return;
    const between = event.getCoalescedEvents();
    goOn((between.length > 0 ? between : [event]).map(pointOf));
  });
  for (const end of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(end, (event) => {
      if (event.pointerId === drawing) drawing = undefined;
    });
}

function paint(
  canvas: HTMLCanvasElement,
  strokes: readonly Stroke[],
  pen: Point | undefined,
  isDown: boolean,
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ink = getComputedStyle(canvas).color;
  context.clearRect(0, 0, size, size);
  Object.assign(context, { lineWidth: penWidth, lineCap: 'round', lineJoin: 'round' });
  Object.assign(context, { strokeStyle: ink, fillStyle: ink });
  for (const stroke of strokes) {
    context.beginPath();
    for (const { x, y } of [stroke[0], ...stroke]) context.lineTo(x, y);
    context.stroke();
  }
  if (pen === undefined) return;
  context.beginPath();
  context.arc(pen.x, pen.y, penWidth / 2, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.stroke();
  if (isDown) context.fill();
}
