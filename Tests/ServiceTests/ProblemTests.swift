import GRDB
import Testing

@testable import Service

/// What of other parts' errors is a problem that passes.
@Suite struct ProblemTests {
    @Test func fullDiskOfTheControlStorePasses() throws {
        let problem = try #require(Problem(DatabaseError(resultCode: .SQLITE_FULL, message: "database or disk is full")))
        #expect(problem.retryAfterSeconds == 1 && problem.detail.contains("disk is full"))
        for code in [ResultCode.SQLITE_BUSY, .SQLITE_IOERR, .SQLITE_READONLY] { #expect(Problem(DatabaseError(resultCode: code)) != nil) }
        for code in [ResultCode.SQLITE_ERROR, .SQLITE_CONSTRAINT] { #expect(Problem(DatabaseError(resultCode: code)) == nil) }
    }
}
