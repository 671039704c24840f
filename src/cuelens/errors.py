"""Every exception that cuelens raises on purpose.

CuelensError
├── ArgumentError    an argument is of another kind than is asked for (also a TypeError)
├── ConfigError      a setting is outside its range, or unknown (also a ValueError)
├── RangeError       a tensor holds values outside its documented range (also a ValueError)
├── ModelError       a network does not do what a classifier must (also a ValueError)
├── DataError        a data set is not what it should be (also a ValueError)
│   └── MissingDataError   nothing there to read (also a FileNotFoundError)
├── TrainingError    training cannot go on (also an ArithmeticError)
├── RunFolderError   a folder holds something else (also a FileExistsError)
├── RecordError      records are torn, altered or missing (also a ValueError)
└── StorageError     the disk is full or cannot be written (also an OSError)

One warning, a UserWarning: FallbackWarning, where a method does something else than its name says.
"""

__all__ = [
    "ArgumentError",
    "ConfigError",
    "CuelensError",
    "DataError",
    "FallbackWarning",
    "MissingDataError",
    "ModelError",
    "RangeError",
    "RecordError",
    "RunFolderError",
    "StorageError",
    "TrainingError",
]


class CuelensError(Exception):
    """Base of every error raised on purpose."""


class ArgumentError(CuelensError, TypeError):
    """An argument is of another kind than is asked for."""


class ConfigError(CuelensError, ValueError):
    """A setting is outside its range, or unknown."""


class RangeError(CuelensError, ValueError):
    """A tensor holds values outside its documented range."""


class ModelError(CuelensError, ValueError):
    """A network does not do what a classifier must."""


class DataError(CuelensError, ValueError):
    """A data set is not what it should be."""


class MissingDataError(DataError, FileNotFoundError):
    """Nothing is there to read."""


class TrainingError(CuelensError, ArithmeticError):
    """Training cannot go on."""


class RunFolderError(CuelensError, FileExistsError):
    """A folder holds something else."""


class RecordError(CuelensError, ValueError):
    """Records are torn, altered or missing."""


class StorageError(CuelensError, OSError):
    """The disk is full or cannot be written."""


class FallbackWarning(UserWarning):
    """A method does something else than its name says, since that is undefined here."""
