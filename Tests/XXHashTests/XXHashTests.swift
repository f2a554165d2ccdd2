import Testing
import XXHash

@Suite struct XXHashTests {
  /// Of octets that count up by seven from one: length, seed, XXH3 and XXH64 as python3-xxhash 4.1 has them. The lengths are those
  /// at which XXH3 goes another way.
  static let digests: [(length: Int, seed: UInt64, xxh3: UInt64, xxh64: UInt64)] = [
    (0, 0, 0x2D06_8005_38D3_94C2, 0xEF46_DB37_51D8_E999),
    (0, 42, 0xB029_411F_F43D_84D2, 0x98B1_582B_0977_E704),
    (1, 0, 0xE12E_F9D2_EB86_CEEB, 0x8A41_2781_1B21_E730),
    (3, 42, 0x4D62_9DED_FA4A_1EBF, 0x5BBF_BC94_4983_8B0E),
    (4, 0, 0x244F_36DE_481E_7522, 0x22ED_A2CF_6AF4_C124),
    (8, 42, 0xD108_DF70_4DD8_B358, 0x9924_2947_739C_9FDB),
    (9, 0, 0x4781_D83B_8E99_D495, 0x9E8A_DF2A_0CCD_B6DA),
    (16, 42, 0x125A_D96B_F314_2CB2, 0xC114_4D85_5800_B1BC),
    (17, 0, 0x2BF6_F669_73A6_179D, 0xB191_CD44_210E_A488),
    (32, 42, 0x212E_F6B4_2438_3D77, 0x4510_36E0_E11A_31D1),
    (33, 0, 0xB192_963E_DE5E_D5AB, 0xDC50_CDC3_7BB9_C183),
    (128, 42, 0x9AF4_D8BC_C5B1_2EC7, 0xD6A8_42EF_CEBE_432A),
    (129, 0, 0x8433_4890_5675_0B32, 0x6C9A_4008_B493_E757),
    (240, 42, 0x143F_A308_9BD9_5630, 0xB539_2151_570E_9771),
    (241, 0, 0xBFF7_2150_8920_2D8F, 0x6C96_98E4_EFDC_2E1F),
    (512, 42, 0xAAE5_3ACC_8247_E461, 0x3009_264D_957C_E761),
    (1024, 0, 0xAC8E_32E4_EA3B_A062, 0x84B6_D3F9_F48B_9584),
    (1025, 42, 0xF934_705C_EB1B_3164, 0xCA51_609B_FBAD_84AB),
    (2600, 0, 0xFD73_6486_5E42_2AFD, 0x5452_ADB1_9CDB_CB41),
    (2600, 42, 0x782B_8DAA_22FC_4C7C, 0x7E9C_5415_B9AE_550D),
  ]

  @Test(arguments: digests.indices) func `digests are those of the specification`(_ index: Int) {
    let each = Self.digests[index]
    let octets = (0..<each.length).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
    octets.withUnsafeBytes { octets in
      #expect(XXHash.xxh3(octets, seed: each.seed) == each.xxh3)
      #expect(XXHash.xxh64(octets, seed: each.seed) == each.xxh64)
    }
  }

  @Test func `where the octets begin makes no difference`() {
    let octets = (0..<3000).map { UInt8(truncatingIfNeeded: $0 * 31) }
    octets.withUnsafeBytes { octets in
      for start in 0..<65 {
        let shifted = Array(octets[start..<(start + 2500)])
        let piece = UnsafeRawBufferPointer(rebasing: octets[start..<(start + 2500)])
        #expect(XXHash.xxh3(piece, seed: 7) == shifted.withUnsafeBytes { XXHash.xxh3($0, seed: 7) })
      }
    }
  }
}
