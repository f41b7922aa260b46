#include "pictures.hpp"

#include "common/format.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace toy {

using rapt::Index;

common::Svg samples_svg(const Target& target, const Run& run) {
  constexpr double side = 150, gap = 8, head = 26, foot = 20;
  const auto panels = static_cast<double>(run.snapshots.size());
  common::Svg svg(panels * (side + gap) + gap, head + side + foot);
  svg.text(gap, 17,
           target.name + ", " + run.loss + " loss: " + std::to_string(run.modes) + " of " +
               std::to_string(target.modes()) + " modes, " + common::fixed(100 * run.high_quality, 1) +
               " % of the samples within three deviations of one",
           "start", 13, "#111");
  double left = gap;
  for (const auto& snapshot : run.snapshots) {
    svg.rectangle(left, head, side, side, "#fff", "#ccc");
    const auto at = [&](float x, float y) {
      const double unit = side / (2 * target.extent);
      return std::pair(left + side / 2 + unit * x, head + side / 2 - unit * y);
    };
    for (Index k = 0; k < target.modes(); ++k) {
      const auto [x, y] = at(target.centres(k, 0), target.centres(k, 1));
      svg.circle(x, y, std::max(4.0, 3 * target.deviation * side / (2 * target.extent)), "none", "#e69f00");
    }
    std::vector<std::pair<double, double>> dots;
    for (Index n = 0; n < std::min<Index>(500, snapshot.samples.extent(0)); ++n) {
      const float x = snapshot.samples(n, 0), y = snapshot.samples(n, 1);
      if (std::abs(x) < target.extent && std::abs(y) < target.extent) dots.push_back(at(x, y));
    }
    svg.dots(dots, 1.6, "#0072b2", 0.6);
    svg.text(left + side / 2, head + side + 15, "step " + std::to_string(snapshot.step), "middle", 12);
    left += side + gap;
  }
  return svg;
}

common::Picture samples_png(const Target& target, const Run& run) {
  constexpr Index cells = 80, pixels = 2, side = cells * pixels, gap = 4;
  const auto panels = static_cast<Index>(run.snapshots.size());
  common::Picture picture(std::max<Index>(1, panels * (side + gap) - gap), side);
  for (Index panel = 0; panel < panels; ++panel) {
    const auto& samples = run.snapshots[static_cast<std::size_t>(panel)].samples;
    std::vector<double> counts(cells * cells, 0.0);
    for (Index n = 0; n < samples.extent(0); ++n) {
      const float unit = static_cast<float>(cells) / (2 * target.extent);
      const float x = (samples(n, 0) + target.extent) * unit, y = (target.extent - samples(n, 1)) * unit;
      if (!(x >= 0 && y >= 0 && x < cells && y < cells)) continue;
      counts[static_cast<std::size_t>(static_cast<Index>(y) * cells + static_cast<Index>(x))] += 1;
    }
    // Where samples are densest many fall into one cell: a root keeps the few visible.
    const double most = std::max(1.0, *std::max_element(counts.begin(), counts.end()));
    for (Index y = 0; y < cells; ++y) {
      for (Index x = 0; x < cells; ++x) {
        const double count = counts[static_cast<std::size_t>(y * cells + x)];
        picture.fill(panel * (side + gap) + x * pixels, y * pixels, pixels, pixels,
                     common::heat(std::sqrt(count / most)));
      }
    }
  }
  return picture;
}

}  // namespace toy
