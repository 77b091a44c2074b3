/** In a thread's environment data: true where nobody looks. */
export const unwatchedKey = 'gradpool-unwatched';
