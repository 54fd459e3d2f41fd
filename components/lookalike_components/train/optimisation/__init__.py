"""How a step is taken: groups of parameters, schedules, averages, and what stays frozen."""
