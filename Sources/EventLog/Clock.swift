internal import Glibc

/// The wall clock, milliseconds since 1970.
@Sendable
package func wallClockMilliseconds() -> Int64 { clockMilliseconds(CLOCK_REALTIME) }

/// A clock that never goes back, milliseconds, for deadlines.
func steadyClockMilliseconds() -> Int64 { clockMilliseconds(CLOCK_MONOTONIC) }

/// CPU time that this thread has used, nanoseconds: for measuring.
package func threadCPUNanoseconds() -> Int64 { clockNanoseconds(CLOCK_THREAD_CPUTIME_ID) }
/// CPU time that this whole process has used, nanoseconds.
package func processCPUNanoseconds() -> Int64 { clockNanoseconds(CLOCK_PROCESS_CPUTIME_ID) }
/// CPU time that another process has used, with all threads that it has or had (clock_getcpuclockid(3)); 0 where there is no such process.
package func processCPUNanoseconds(of process: Int32) -> Int64 {
    var clock = clockid_t()
    return clock_getcpuclockid(process, &clock) == 0 ? clockNanoseconds(clock) : 0
}

private func clockMilliseconds(_ clock: Int32) -> Int64 { clockNanoseconds(clock) / 1_000_000 }

private func clockNanoseconds(_ clock: Int32) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Blocks the calling thread, which must be one of our own.
func pause(milliseconds count: Int) {
    var time = timespec(tv_sec: count / 1000, tv_nsec: count % 1000 * 1_000_000)
    nanosleep(&time, nil)
}
