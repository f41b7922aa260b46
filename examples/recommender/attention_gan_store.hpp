#pragma once
/// \file  The attention-GAN as tensors of a model file.

#include <rapt/io/safetensors.hpp>
#include <rapt/io/safetensors_writer.hpp>
#include <rapt/recommend/attention_gan.hpp>

namespace recommender {

/// Puts every part under `model.`.
void save_attention_gan(const rapt::AttentionGan::Parts& parts, rapt::SafetensorsWriter& file);

/// The parts that save_attention_gan put there. \param settings  effective ones: what is switched off is off
/// \throws rapt::FormatError, rapt::ShapeError where the file does not fit them
rapt::AttentionGan::Parts load_attention_gan(const rapt::SafetensorsFile& file,
                                             const rapt::AttentionGanSettings& settings);

}  // namespace recommender
