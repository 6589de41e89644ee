"""A network laboratory: real TCP stacks, a wire with a policy, captures at four points, and the truth of every frame."""
