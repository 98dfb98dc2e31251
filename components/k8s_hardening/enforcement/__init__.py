"""Controls as rules of the policy pack; the only code that knows pulumi_policy."""
