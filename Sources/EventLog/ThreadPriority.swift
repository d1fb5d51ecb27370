internal import Glibc

/// Lets the calling thread give way to all others of this machine's programs where cores are scarce; what it does is not waited for.
/// On Linux a niceness is a thread's (`sched(7)`), and 10 a tenth of the usual share.
package func lowerThreadPriority() {
    // Refused to those alone who are nicer already.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
}
