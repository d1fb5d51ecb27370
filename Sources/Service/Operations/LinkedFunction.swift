import Foundation

/// A C function that Swift does not import, as it is linked or preloaded under `name`; nil where there is none. `Function`: its `@convention(c)` type.
func linkedFunction<Function>(_ name: String, as _: Function.Type = Function.self) -> Function? {
    dlsym(nil, name).map { unsafeBitCast($0, to: Function.self) }
}
