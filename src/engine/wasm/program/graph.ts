import { outputEnds, tensorOf } from '../../../model/ends.ts';
import type { Network } from '../../../model/network.ts';
import type { Graph, GraphNode } from '../operation/row.ts';
import { rowOf } from './rows.ts';

/** The network's layers, those that another one can compute besides absorbed by it. */
export function graphOf(network: Pick<Network, 'input' | 'inputs' | 'output' | 'outputs' | 'layers'>): Graph {
  const outputs = outputEnds(network).map(({ tensor }) => tensor);
  const nodes = absorb(
    network.layers.map((layer, index) => ({
      layer,
      reads: layer.reads,
      output: tensorOf(network, index),
      absorbed: [],
    })),
    outputs,
  );
  const readers = readersIn(nodes);
  const readersOf = (tensor: number) => readers.get(tensor) ?? [];

  /** The one that alone makes the gradient of a node's output. */
  function onlyReader({ output }: GraphNode): GraphNode | undefined {
    const [reader, ...others] = readersOf(output);
    return others.length > 0 || outputs.includes(output) ? undefined : reader;
  }
  function hasThinGradient(node: GraphNode): boolean {
    const reader = onlyReader(node);
    if (reader === undefined) return false;
    const row = rowOf(reader.layer);
    if (row.gradientInPlace) return hasThinGradient(reader);
    return row.thinsGradient?.(reader.layer) ?? false;
  }
  function hasFullGradient(node: GraphNode): boolean {
    const reader = onlyReader(node);
    return reader !== undefined && rowOf(reader.layer).fillsGradient === true;
  }
  return { nodes, outputs, readersOf, hasThinGradient, hasFullGradient };
}

/** How layers are computed that could be in more than one way, by the layer's name. */
export function waysOf(graph: Graph): Record<string, string> {
  const ways: Record<string, string> = {};
  for (const node of graph.nodes) {
    const way = rowOf(node.layer).way?.(node.layer, node, graph);
    if (way !== undefined) ways[node.layer.name] = way;
  }
  return ways;
}

function absorb(nodes: readonly GraphNode[], outputs: readonly number[]): GraphNode[] {
  const readers = readersIn(nodes);
  const byOutput = new Map(nodes.map((node) => [node.output, node]));
  const gone = new Set<GraphNode>();
  const merged = nodes.map((node) => {
    const before = byOutput.get(node.reads[0]);
    if (before === undefined || readers.get(before.output)?.length !== 1) return node;
    if (outputs.includes(before.output)) return node;
    if (!rowOf(node.layer).absorbs?.(node.layer, before.layer)) return node;
    gone.add(before);
    return { ...node, reads: before.reads, absorbed: [before.layer] };
  });
  return merged.filter((_, index) => !gone.has(nodes[index]));
}

function readersIn(nodes: readonly GraphNode[]): Map<number, GraphNode[]> {
  const readers = new Map<number, GraphNode[]>();
  for (const node of nodes)
    for (const tensor of node.reads) {
      const list = readers.get(tensor) ?? [];
      readers.set(tensor, list);
      list.push(node);
    }
  return readers;
}
