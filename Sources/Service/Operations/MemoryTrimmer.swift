import NIOPosix
import ServiceLifecycle

/// Gives back to the system what a flood has left free. The allocator has an arena a thread, and keeps what is freed in the middle of one: without
/// this a fifth of what a service holds under load is nobody's.
struct MemoryTrimmer: Service {
    private static let interval = Duration.seconds(10)
    /// A process that holds less is left alone.
    private static let heldByteCountMin: Int64 = 256 << 20

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: MemoryTrimmer.interval)) != nil {
                guard ProcessTimes.residentByteCount >= MemoryTrimmer.heldByteCountMin else { continue }
                // Some milliseconds of a thread that may block.
                try? await NIOThreadPool.singleton.runIfActive { ProcessTimes.giveBackFreeMemory() }
            }
        }
    }
}
