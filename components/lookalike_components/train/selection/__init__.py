"""What is chosen on the validation labels: variants of the settings, the best weights, their mixture."""
