/**
 * Comlink's calls from thread to thread, by Node.js' own events of a port. Comlink itself listens as in a browser to the ports
 * that it makes for a listener: for each such message Node.js makes a MessageEvent, which the first time loads the whole of
 * undici, some 70 ms of a thread.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expose, type ProxyMarked, proxyMarker, type TransferHandler, transferHandlers, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

const listeners: TransferHandler<object, MessagePort> = {
  canHandle: (value): value is ProxyMarked =>
    ['object', 'function'].includes(typeof value) && value !== null && proxyMarker in (value as object),
  serialize(listener) {
    const { port1, port2 } = new MessageChannel();
    expose(listener, nodeEndpoint(port1));
    return [port2, [port2 as unknown as Transferable]];
  },
  deserialize: (port) => wrap(nodeEndpoint(port)),
};

transferHandlers.set('proxy', listeners);

export { nodeEndpoint };
