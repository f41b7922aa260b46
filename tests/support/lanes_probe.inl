// Kernels that do nothing but call one word of lanes.inl each, for lanes_test.cpp.

template <class T>
RAPT_ENTRY Index probe_lane_count() {
  return lane_count<T>;
}
template <class T>
RAPT_ENTRY void probe_parts(const T* from, Index count, T* whole, T* part) {
  const Lanes<T> x = load_part<T>(from, count);
  store<T>(whole, x);
  store_part<T>(part, x, count);
}
template <class T>
RAPT_ENTRY void probe_reductions(const T* from, T* sum, T* largest) {
  *sum = sum_of<T>(load<T>(from));
  *largest = largest_of<T>(load<T>(from));
}
template <class T>
RAPT_ENTRY void probe_pair(T a, T b, T* greater, T* less) {
  store<T>(greater, larger<T>(broadcast<T>(a), broadcast<T>(b)));
  store<T>(less, smaller<T>(broadcast<T>(a), broadcast<T>(b)));
}
template <class T>
RAPT_ENTRY void probe_bits(T x, T* to) {
  store<T>(to, from_bits<T>(as_bits<T>(broadcast<T>(x))));
}
template <class T>
RAPT_ENTRY void probe_root(const T* from, T* root) {
  store<T>(root, square_root<T>(load<T>(from)));
}
