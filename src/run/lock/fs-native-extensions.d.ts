/** It ships without declarations. */
declare module 'fs-native-extensions' {
  /**
   * Locks an open file for this opening of it: fcntl's F_OFD_SETLK (Linux), flock (macOS), LockFileEx (Windows).
   * @returns false when another opening of the file has it
   */
  export function tryLock(fd: number): boolean;
}
