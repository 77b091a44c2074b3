/** For each kind of recurrent layer the operation, and our gates in its order. */
export const recurrentOperations = {
  simpleRNN: { op: 'RNN', gates: [0] },
  lstm: { op: 'LSTM', gates: [0, 3, 1, 2] },
  gru: { op: 'GRU', gates: [0, 1, 2] },
} as const;
