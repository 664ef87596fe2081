"""A reproducible comparison of the portal with its peers (`make bench`). See README.md."""
