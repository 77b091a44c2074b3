export const looks = ['deadlines', 'finite'] as const;
export type Look = (typeof looks)[number];

/** In a thread's environment data: the looks that are left out, with commas between. */
export const unwatchedKey = 'gradpool-unwatched';
