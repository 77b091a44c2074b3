/** Names alone: the command line lists them before anything is loaded. */
export const ganPresets = ['dcgan', 'tutorial'] as const;
export type GanPreset = (typeof ganPresets)[number];
