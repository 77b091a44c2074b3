/** Notes how long something takes; for a profile only. */
export interface Trace {
  /**
   * Runs `run` and returns what it returned.
   * @param shareOf how many of the values that it looked at were not zero, as a share, told from its result
   */
  span<T>(name: string, run: () => T, shareOf?: (result: T) => number): T;
}
