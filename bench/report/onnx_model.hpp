#pragma once
// Writes an ONNX model of one node: the few protobuf fields that this takes, by the numbers of onnx.proto.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rapt_bench {

/// A protobuf message under construction.
class Message {
 public:
  Message& add(unsigned field, std::uint64_t number) {
    put(std::uint64_t{field} << 3);  // wire type 0: variable length
    put(number);
    return *this;
  }
  Message& add(unsigned field, std::string_view text) {
    put(std::uint64_t{field} << 3 | 2);  // wire type 2: length first
    put(text.size());
    bytes_ += text;
    return *this;
  }
  Message& add(unsigned field, const Message& part) { return add(field, part.bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  void put(std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes_ += static_cast<char>((number & 0x7f) | 0x80);
    bytes_ += static_cast<char>(number);
  }
  std::string bytes_;
};

using Dimensions = std::vector<std::int64_t>;

/// An operator on float tensors x0, x1 ... of given shapes, with one result y.
struct OnnxNode {
  std::string_view operation, domain;  // domain: empty for the standard operators
  int opset;                           // of the standard operators
  std::vector<Dimensions> inputs;
  Dimensions output;
  std::vector<std::pair<std::string_view, std::int64_t>> attributes{};
};

inline std::string input_name(std::size_t i) { return "x" + std::to_string(i); }

inline Message onnx_value(std::string_view name, const Dimensions& dimensions) {
  constexpr unsigned float_elements = 1;
  Message shape;
  for (const std::int64_t n : dimensions) {
    shape.add(1, Message().add(1, static_cast<std::uint64_t>(n)));
  }
  const Message tensor = Message().add(1, std::uint64_t{float_elements}).add(2, shape);
  return Message().add(1, name).add(2, Message().add(1, tensor));
}

inline std::string onnx_model(const OnnxNode& given) {
  Message node, graph, model;
  for (std::size_t i = 0; i < given.inputs.size(); ++i) node.add(1, input_name(i));
  node.add(2, std::string_view("y")).add(4, given.operation);
  for (const auto& [name, value] : given.attributes) {
    constexpr unsigned integer = 2;
    node.add(
        5, Message().add(1, name).add(3, static_cast<std::uint64_t>(value)).add(20, std::uint64_t{integer}));
  }
  if (!given.domain.empty()) node.add(7, given.domain);

  graph.add(1, node).add(2, std::string_view("bench"));
  for (std::size_t i = 0; i < given.inputs.size(); ++i) {
    graph.add(11, onnx_value(input_name(i), given.inputs[i]));
  }
  graph.add(12, onnx_value("y", given.output));

  const auto operators = [](std::string_view domain, int version) {
    return Message().add(1, domain).add(2, static_cast<std::uint64_t>(version));
  };
  constexpr std::uint64_t ir_version = 9;
  model.add(1, ir_version).add(7, graph).add(8, operators("", given.opset));
  if (!given.domain.empty()) model.add(8, operators(given.domain, 1));
  return model.bytes();
}

}  // namespace rapt_bench
