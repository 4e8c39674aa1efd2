"""The parts that the fakes of this provider's three products share."""
