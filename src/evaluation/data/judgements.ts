/** Grades of one query's documents by id: at least 1 is relevant, and more is better; 0 or less is not. */
export type Grades = ReadonlyMap<string, number>;

/** What people judged: for each query id the grades of its documents. What has no grade is not relevant. */
export type Judgements = ReadonlyMap<string, Grades>;
