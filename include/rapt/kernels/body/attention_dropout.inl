// The dropout of attention weights, the words of many queries at a time. Included by attention.hpp for each
// width.

#if RAPT_VECTOR_TYPES
typedef std::uint32_t Words __attribute__((vector_size(RAPT_LANE_BYTES)));
typedef std::uint64_t LongWords __attribute__((vector_size(RAPT_LANE_BYTES)));
inline constexpr Index word_count = RAPT_LANE_BYTES / 4;

/// Products of the even words with m, 64 bits each.
RAPT_LANES LongWords even_products(Words x, std::uint32_t m) {
  const Words all = x - x + m;
#if defined(__clang__) || !RAPT_SIMD_X86
  static_cast<void>(all);
  return ((LongWords)x & 0xffffffffu) * m;
#elif RAPT_LANE_BYTES == 64
  typedef int Operand __attribute__((vector_size(64)));
  typedef long long Product __attribute__((vector_size(64)));
  return (LongWords)__builtin_ia32_pmuludq512_mask((Operand)x, (Operand)all, Product{}, 0xff);
#elif RAPT_LANE_BYTES == 32
  typedef int Operand __attribute__((vector_size(32)));
  return (LongWords)__builtin_ia32_pmuludq256((Operand)x, (Operand)all);
#else
  typedef int Operand __attribute__((vector_size(16)));
  return (LongWords)__builtin_ia32_pmuludq128((Operand)x, (Operand)all);
#endif
}

/// The upper and the lower half of each word's product with m.
template <std::size_t... I>
RAPT_LANES void multiply_words(Words x, std::uint32_t m, Words& high, Words& low, std::index_sequence<I...>) {
  const Words even = (Words)even_products(x, m), odd = (Words)even_products((Words)((LongWords)x >> 32), m);
  high = __builtin_shufflevector(even, odd, (I % 2 == 0 ? I + 1 : I + word_count)...);
  low = __builtin_shufflevector(even, odd, (I % 2 == 0 ? I : I - 1 + word_count)...);
}

/// philox4x32_10 of as many counters as there are lanes, in place.
RAPT_LANES void philox_words(Words (&counter)[4], std::uint32_t key0, std::uint32_t key1) {
  constexpr auto lanes = std::make_index_sequence<word_count>{};
  for (int round = 0; round < 10; ++round) {
    Words high0, low0, high1, low1;
    multiply_words(counter[0], 0xD2511F53u, high0, low0, lanes);
    multiply_words(counter[2], 0xCD9E8D57u, high1, low1, lanes);
    counter[0] = high1 ^ counter[1] ^ key0;
    counter[1] = low1;
    counter[2] = high0 ^ counter[3] ^ key1;
    counter[3] = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/// Rows of `factors` for a block of four keys, from `row`, and the queries of one vector.
RAPT_LANES void four_factors(const RandomStream::State& of_head, Words low, Words high,
                             std::uint32_t threshold, float kept, Index rows, float* factors) {
  const auto stream = of_head.stream;
  Words words[4] = {low, high, low - low + static_cast<std::uint32_t>(stream),
                    low - low + static_cast<std::uint32_t>(stream >> 32)};
  philox_words(words, static_cast<std::uint32_t>(of_head.seed),
               static_cast<std::uint32_t>(of_head.seed >> 32));
  for (Index r = 0; r < rows; ++r) {
    store<float>(factors + r * attention_queries,
                 choose<float>(words[r] < threshold, Lanes<float>{}, broadcast<float>(kept)));
  }
}
#endif

/// What dropout multiplies the weights of a tile by, transposed: 0, or 1 / (1 - its probability).
template <class T>
RAPT_ENTRY void dropout_factors(const AttentionProblem<T>& p, Index b, Index h, const AttentionTile& t,
                                T* factors) {
  const RandomStream of_head = p.stream.substream(static_cast<std::uint64_t>(b * p.heads + h));
  const std::uint32_t threshold = attention_drop_threshold(p.dropout);
  const T kept = static_cast<T>(1 / (1 - p.dropout));
#if RAPT_VECTOR_TYPES
  if constexpr (std::is_same_v<T, float>) {
    const Index blocks_of_query = (p.keys + 3) / 4;  // t.key is a multiple of 4
    for (Index i = 0; i < t.queries; i += word_count) {
      std::uint32_t first_low[word_count], first_high[word_count];
      for (Index n = 0; n < word_count; ++n) {
        const auto block = static_cast<std::uint64_t>((t.query + i + n) * blocks_of_query + t.key / 4);
        first_low[n] = static_cast<std::uint32_t>(block);
        first_high[n] = static_cast<std::uint32_t>(block >> 32);
      }
      Words start, high;
      std::memcpy(&start, first_low, sizeof start);
      std::memcpy(&high, first_high, sizeof high);
      for (Index r = 0; r < t.keys; r += 4) {
        const Words low = start + static_cast<std::uint32_t>(r / 4);
        four_factors(of_head.state(), low, high - (Words)(low < start), threshold, kept,
                     t.keys - r < 4 ? t.keys - r : 4, factors + r * attention_queries + i);
      }
    }
    return;
  }
#endif
  for (Index r = 0; r < t.keys; ++r) {
    for (Index i = 0; i < t.queries; ++i) {
      const bool drops = attention_word(of_head, p.keys, t.query + i, t.key + r) < threshold;
      factors[r * attention_queries + i] = drops ? T(0) : kept;
    }
    for (Index i = t.queries; i < whole_lanes<T>(t.queries); ++i) factors[r * attention_queries + i] = T(0);
  }
}
