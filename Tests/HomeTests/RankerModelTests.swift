import Foundation
import Home
import TestSupport
import Testing

@Suite struct RankerModelTests {
    @Test func readsTheShippedModel() throws {
        let file = Repository.root.appendingPathComponent("Models/home-linear-1.json")
        let model = try RankerModel(json: Data(contentsOf: file))
        #expect(model.name == "home-linear-1")
        #expect(model.weight(.coPlay) > 0 && model.weight(.fatigue) < 0)
        let card = try String(contentsOf: file.deletingPathExtension().appendingPathExtension("md"), encoding: .utf8)
        for feature in RankerFeature.allCases { #expect(card.contains("`\(feature.rawValue)`")) }
    }

    @Test func namesUnknownFeatures() {
        let json = #"{"name":"m","kind":"linear","weights":{"co_play":1,"moon_phase":2,"astrology":3}}"#
        let thrown = #expect(throws: RankerModelError.self) { try RankerModel(json: Data(json.utf8)) }
        #expect(thrown?.description.hasPrefix("ranker m weighs unknown features: astrology, moon_phase; known are co_play,") == true)
    }

    @Test func namesWeightsThatAreTooLarge() {
        let json = #"{"name":"m","kind":"linear","weights":{"co_play":-40,"popularity":32,"search":1e30}}"#
        let thrown = #expect(throws: RankerModelError.self) { try RankerModel(json: Data(json.utf8)) }
        #expect(thrown?.description.contains("co_play weighs -40.0, search weighs 1e+30;") == true)
    }

    @Test(arguments: [
        #"{"name":"m","kind":"forest","weights":{}}"#, #"{"name":"m"}"#, "[]", "",
        #"{"name":"m","kind":"linear","weights":{"co_play":"1"}}"#,
    ])
    func refusesWhatIsNotALinearModel(_ json: String) {
        #expect(throws: RankerModelError.self) { try RankerModel(json: Data(json.utf8)) }
    }
}
