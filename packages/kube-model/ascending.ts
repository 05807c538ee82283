/** Order by code units, as Go and etcd have it for ASCII; for `sort`. */
export const ascending = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
