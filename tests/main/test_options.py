"""How messages call the configuration."""

from portico.config.load import LoadOptions
from portico.main.options import Options


def test_a_configuration_is_called_by_its_path() -> None:
    assert Options(LoadOptions(config_path="e.yaml", config_yaml="{}")).config_name == "e.yaml"
    assert Options(LoadOptions(config_yaml="{}")).config_name == ""
