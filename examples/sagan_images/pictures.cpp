#include "report.hpp"

#include "statistics.hpp"

#include "common/html.hpp"
#include "common/png.hpp"
#include "common/svg.hpp"

#include <rapt/io/atomic_file.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

namespace sagan {
namespace {

using common::Picture;
void write(const std::string& path, std::string_view text) {
  const std::array<std::string_view, 1> parts{text};
  rapt::write_file_atomically(path, parts, rapt::Previous::drop);
}

Index pixel_scale(const ImageData& data) { return std::max<Index>(1, 64 / data.side()); }

// Each class a row of fakes.
Picture samples_picture(const Run& run, const ImageData& data) {
  return common::image_grid(run.samples.images, run.samples.columns, -1, 1, pixel_scale(data), 2);
}

// One image with a mark on the position that asks, beside it what that position attends to; three positions
// an image, every other class.
Picture attention_picture(const Run& run, const ImageData& data) {
  const Samples& s = run.samples;
  const Index side = data.side(), map = s.map_side, scale = pixel_scale(data) * 2, tile = side * scale,
              gap = 4;
  constexpr Index rows = 5, asked = 3;
  Picture picture(2 * asked * (tile + gap) - gap, rows * (tile + gap) - gap);
  // Where strokes are likely: above, in and below the middle.
  const std::array<std::array<Index, 2>, asked> places{
      {{map / 4, map / 2}, {map / 2, map / 2}, {3 * map / 4, map / 2}}};
  const Index patch = tile / map;
  for (Index r = 0; r < rows; ++r) {
    const Index image = 2 * r * s.columns, y = r * (tile + gap);
    for (Index k = 0; k < asked; ++k) {
      const auto [i, j] = places[static_cast<std::size_t>(k)];
      const Index x = 2 * k * (tile + gap);
      common::draw_image(picture, x, y, s.images[image], -1, 1, scale);
      const common::Colour mark{230, 60, 30};
      picture.fill(x + j * patch, y + i * patch, patch, 2, mark);
      picture.fill(x + j * patch, y + (i + 1) * patch - 2, patch, 2, mark);
      picture.fill(x + j * patch, y + i * patch, 2, patch, mark);
      picture.fill(x + (j + 1) * patch - 2, y + i * patch, 2, patch, mark);
      const auto weights = s.weights[image][i * map + j];
      const double most = static_cast<double>(*std::max_element(weights.begin(), weights.end()));
      for (Index p = 0; p < map * map; ++p) {
        picture.fill(x + tile + gap + p % map * patch, y + p / map * patch, patch, patch,
                     common::heat(static_cast<double>(weights(p)) / most));
      }
    }
  }
  return picture;
}

common::Svg losses_chart(const Run& run) {
  common::Series d{"discriminator", {}, {}}, g{"generator", {}, {}};
  for (const LossPoint& point : run.losses) {
    const auto step = static_cast<double>(point.step);
    d.x.push_back(step);
    g.x.push_back(step);
    d.y.push_back(point.discriminator);
    g.y.push_back(point.generator);
  }
  return common::line_chart(
      {d, g}, {.title = "Hinge losses, " + kind(run.attention) + ", seed " + std::to_string(run.seed),
               .x_label = "steps",
               .y_label = "loss"});
}

// The mean Frechet distance over all seeds of each kind, by steps or by seconds.
common::Svg distance_chart(const std::vector<Run>& runs, bool by_seconds) {
  std::vector<common::Series> series;
  for (const bool attention : {true, false}) {
    common::Series line{kind(attention), {}, {}};
    for (std::size_t at = 0; at < runs.front().curve.size(); ++at) {
      const auto y = spread(runs, attention, [&](const Run& r) { return r.curve.at(at).measures.frechet; });
      const auto x = spread(runs, attention, [&](const Run& r) {
        return by_seconds ? r.curve.at(at).cpu_seconds : static_cast<double>(r.curve.at(at).step);
      });
      if (y.count == 0) break;
      line.x.push_back(x.mean);
      line.y.push_back(y.mean);
    }
    if (!line.x.empty()) series.push_back(std::move(line));
  }
  return common::line_chart(series, {.title = "Frechet distance to the images held out (mean over seeds)",
                                     .x_label = by_seconds ? "seconds of processor time" : "steps",
                                     .y_label = "distance",
                                     .from_zero = true});
}

std::vector<std::vector<std::string>> page_table(const std::vector<Run>& runs) {
  using common::fixed;
  std::vector<std::vector<std::string>> rows{
      {"", "seed", "Frechet", "kernel", "accuracy", "seconds", "parameters"}};
  for (const Run& r : runs) {
    rows.push_back({kind(r.attention), std::to_string(r.seed), fixed(r.measures.frechet, 3),
                    fixed(r.measures.kernel, 4), fixed(100 * r.measures.accuracy, 1) + " %",
                    fixed(r.seconds, 1), std::to_string(r.parameters)});
  }
  return rows;
}

}  // namespace

void write_pictures(const std::string& folder, const ImageData& data, const Judge& judge,
                    const std::vector<Run>& runs) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  const auto path = [&](const char* name) { return (fs::path(folder) / name).string(); };
  const auto with = std::ranges::find_if(runs, [](const Run& run) { return run.attention; });
  const Run& shown = with == runs.end() ? runs.front() : *with;

  common::HtmlPage page("sagan_images: " + data.name);
  std::string names;
  for (const auto& name : data.class_names) names += (names.empty() ? "" : ", ") + name;
  const Picture samples = samples_picture(shown, data);
  samples.write_png(path("samples.png"));
  page.heading("Samples");
  page.picture(samples.png(), "Generated images, ten of each class, from above: " + names + ".");

  if (shown.attention) {
    const Picture maps = attention_picture(shown, data);
    maps.write_png(path("attention.png"));
    page.heading("Attention");
    page.picture(
        maps.png(),
        "Five generated images, each three times: red marks a position, and to the right stands where that "
        "position attends to in the generator; brighter is more.");
  }
  page.heading("Measures");
  page.table(page_table(runs));
  using common::fixed;
  page.paragraph("The classifier that judges is right about " + fixed(100 * judge.held_out_accuracy(), 1) +
                 " % of the images held out. The training images themselves lie at Frechet distance " +
                 fixed(judge.train_frechet(), 3) + ".");
  const auto& memory = shown.memorization;
  page.paragraph("Memorisation: the median distance of a fake to its nearest training image is " +
                 fixed(memory.fake_median, 2) + ", that of an image held out " +
                 fixed(memory.held_out_median, 2) + "; the fake is nearer in " +
                 fixed(100 * memory.nearer, 1) + " % of pairs.");
  const auto by_steps = distance_chart(runs, false), by_seconds = distance_chart(runs, true);
  const auto losses = losses_chart(shown);
  write(path("distance.svg"), by_steps.str());
  write(path("distance_by_seconds.svg"), by_seconds.str());
  write(path("losses.svg"), losses.str());
  page.heading("Distance over steps and seconds");
  page.drawing(by_steps,
               "Frechet distance over the steps of training, a line for each kind of net that was trained.");
  page.drawing(by_seconds, "The same over the processor time of training, measuring left out.");
  page.heading("Losses");
  page.drawing(losses, "Losses of discriminator and generator over the steps of the training shown above.");
  page.write(path("index.html"));
}

}  // namespace sagan
