/** In a thread's environment data: what is left out there. */
export const unwatchedKey = 'gradpool-unwatched';

/** The only value with a meaning: who looks at deadlines is left out. */
export const deadlines = 'deadlines';
