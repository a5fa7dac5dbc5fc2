/** The number of columns that makes `count` tiles of 16:9 largest in an area of the given width to height ratio. */
export function bestColumns(count: number, areaRatio: number): number {
  let best = 1;
  let bestHeight = 0;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    // In units of the area's height.
    const height = Math.min(1 / rows, (areaRatio / columns) * (9 / 16));
    if (height > bestHeight) {
      bestHeight = height;
      best = columns;
    }
  }
  return best;
}
