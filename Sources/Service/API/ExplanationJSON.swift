import Features
import Home

/// What an explanation needs besides the page.
struct Explanation {
    let served: ServedPage
    let maturityLimit: Int
    /// How far each job of this process is behind; none where the jobs run elsewhere, no lag where a job does not run now.
    let jobs: [(topic: String, lag: Int64?, asOf: Int64)]
}

extension JSONWriter {
    /// What is believed of the viewer, and why each row and title is where it is. It prints what serving computed, nothing else.
    mutating func write(_ explanation: Explanation) {
        let served = explanation.served
        let profile = ViewerProfile(
            viewer: served.viewer, catalog: served.published.catalog, maturityLimit: explanation.maturityLimit, now: served.request.now)
        object { json in
            json.member("user", served.viewer.user.description)
            json.member("now", served.request.now)
            json.member("is_cold", served.viewer.isCold)
            json.writeMembers(of: profile)
            json.member("places")
            json.array(served.tests) { json, place in
                json.object {
                    $0.member("test_id", place.test.id.description)
                    $0.member("title_id", place.test.title.description)
                    $0.member("variant_id", place.variant.id.description)
                    $0.member("artwork_id", place.variant.artwork.description)
                    $0.member("propensity", place.propensity)
                    $0.member("is_logged", place.isLogged)
                }
            }
            json.member("freshness")
            json.array(explanation.jobs) { json, job in
                json.object {
                    $0.member("topic", job.topic)
                    $0.member("lag")
                    if let lag = job.lag { $0.integer(lag) } else { $0.null() }
                    $0.member("as_of", job.asOf)
                }
            }
            json.member("page")
            json.write(served)
        }
    }
}
