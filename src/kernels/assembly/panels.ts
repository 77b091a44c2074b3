/**
 * Panels are taken in groups of nearly equal size, `most` at most.
 * @param first the group's first panel of `panels`
 * @returns how many the group has
 */
@inline
export function panelsOfGroup(panels: i32, first: i32, most: i32): i32 {
  const groups: i32 = (panels - first + most - 1) / most;
  return (panels - first + groups - 1) / groups;
}
