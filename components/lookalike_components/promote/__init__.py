"""Step `promote`: put a release into the registry, in the place of the champion."""
