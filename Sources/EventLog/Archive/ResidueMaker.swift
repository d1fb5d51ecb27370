/// Finds out what is left of the records of a partition's viewers who were erased later (DESIGN §6.9). An archive knows bytes and no jobs: what
/// a record was counted for comes from whoever has its compaction run.
package struct ResidueMaker {
    /// Makes one for a partition; nil where it cannot be told now, and erasures have to wait.
    package typealias Source = (_ partition: Int32) throws(LogError) -> ResidueMaker?

    /// Hears, in offset order from the partition's beginning, of every record of the viewers up to their erasures (on `attribution_events` of
    /// those after them, too), and of every record without a key, with the buffer that its slices point into.
    package var take: (RecordBatch.Record, [UInt8]) throws(LogError) -> Void
    /// The records that are to stand in the place of those at their offsets, ascending. One without a key is what is left of a viewer's record;
    /// another one is the viewer's erasure, completed.
    package var finish: () throws(LogError) -> RecordBatch
    /// What it holds of what was taken.
    package var byteCount: () -> Int

    package init(
        take: @escaping (RecordBatch.Record, [UInt8]) throws(LogError) -> Void, byteCount: @escaping () -> Int,
        finish: @escaping () throws(LogError) -> RecordBatch
    ) {
        self.take = take
        self.byteCount = byteCount
        self.finish = finish
    }
}
