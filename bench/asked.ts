/** What the program asked one cluster for. */
export interface Asked {
  /** Each with the accept header that went with it. */
  readonly gets: (readonly [path: string, accept: string])[];
  /** Everything that is no GET, as in `PATCH /api/…`. */
  readonly others: string[];
}
