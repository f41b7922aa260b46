// A kernel that calls what conv_padding.inl offers, for conv_padding_test.cpp.

template <class T>
RAPT_ENTRY void probe_pad_images(const PaddedImages<T>& t) {
  pad_images(t);
}
/// Every second number of a and b, the others, and both in turn; each list as long as a and b together.
template <class T>
RAPT_ENTRY void probe_pairs(const T* list, T* even_odd, T* mixed) {
#if RAPT_VECTOR_TYPES
  constexpr Index n = lane_count<T>;
  const Lanes<T> a = load<T>(list), b = load<T>(list + n);
  store<T>(even_odd, even_lanes<T>(a, b));
  store<T>(even_odd + n, odd_lanes<T>(a, b));
  store<T>(mixed, mixed_lanes<T, false>(a, b));
  store<T>(mixed + n, mixed_lanes<T, true>(a, b));
#else
  for (Index i = 0; i < 2; ++i) even_odd[i] = mixed[i] = list[i];
#endif
}
template <class T>
RAPT_ENTRY Index probe_pair_lanes() {
  return lane_count<T>;
}
