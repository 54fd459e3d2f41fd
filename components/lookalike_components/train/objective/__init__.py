"""What training lowers: a loss of pytorch-metric-learning over the pairs that its miner picks."""
