"""The step `ingest` in parallel tasks, for sources that would keep one machine busy for hours.

Three components do the work beforehand: `plan` divides the source, `examine` reads and checks a part of it and writes
what it finds to the store's ledger, `pack` reads the part again and writes shards. The shards are those that `ingest`
alone would have written: where one ends follows from the ledger, and each task writes those that begin in its part.
`ingest` itself then finds everything known, moves nothing, and writes its tables. Whatever a task leaves undone,
`ingest` does.
"""
